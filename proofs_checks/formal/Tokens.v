(* Responses of several tokens, token laws, and the soft dynamic programme.

   A prefix is the list of its tokens, the latest one first, so that [a :: past] is [past] followed by [a].
   Tokens come from a finite vocabulary of any size; their base masses may be zero. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A : Type}.
Variable V : list A.
Implicit Types (past y : list A) (pi q b : list A -> A -> R) (n h : nat).

(* All ways to go on from a prefix by [n] tokens. *)
Fixpoint responses n past : list (list A) :=
  match n with
  | O => [past]
  | S m => flat_map (fun a => responses m (a :: past)) V
  end.

(* The probability of a prefix: the product of its token laws. *)
Fixpoint product pi y : R :=
  match y with
  | [] => 1
  | a :: past => product pi past * pi past a
  end.

(* The mean of [f] when [n] more tokens are drawn. *)
Fixpoint expect pi n past (f : list A -> R) : R :=
  match n with
  | O => f past
  | S m => sum V (fun a => pi past a * expect pi m (a :: past) f)
  end.

(* With horizon [H], base policy [b] and rewards [r] of whole responses: E_ref[exp(r/beta) | prefix], the soft
   value of a prefix, Q_h for one of h tokens, and the optimal token laws. *)
Variables (H : nat) (b : list A -> A -> R) (r : list A -> R) (beta : R).

Definition weight past : R := expect b (H - length past) past (fun y => exp (r y / beta)).
Definition Q past : R := beta * ln (weight past).
Definition token_star past : A -> R := optimal V (b past) (fun a => Q (a :: past)) beta.

(* Prefixes of [h] tokens of the vocabulary. *)
Definition prefix h past : Prop := length past = h /\ Forall (fun a => In a V) past.

(* The policy never leaves the support of another one at a prefix that it can reach. *)
Definition tokens_inside pi q : Prop :=
  forall h past, (h < H)%nat -> prefix h past -> product pi past <> 0 -> dominated V (pi past) (q past).

(* The sum over tokens of expected divergences, prefixes drawn by the policy, from a prefix on. *)
Definition later_kl pi q n past : R :=
  sum (seq 0 n) (fun h => expect pi h past (fun z => kl V (pi z) (q z))).

End Definitions.

Ltac expand_tokens :=
  cbv [responses product expect weight Q token_star later_kl flat_map map app seq length Nat.sub]; expand.

(* --- expectations ------------------------------------------------------------------------------------ *)

Section Expectations.
Context {A : Type}.
Variable V : list A.
Implicit Types (past y : list A) (pi q b : list A -> A -> R) (n h : nat) (f g : list A -> R).

Lemma length_cat (t u : list A) : length (t ++ u) = (length t + length u)%nat.
Proof. induction t as [|a t IH]; simpl; [reflexivity|rewrite IH; reflexivity]. Qed.

Lemma responses_are n past y :
  In y (responses V n past) <-> exists t, y = t ++ past /\ length t = n /\ Forall (fun a => In a V) t.
Proof.
  revert past y; induction n as [|n IH]; intros past y; simpl.
  - split.
    + intros [<-|[]]; exists []; repeat split; constructor.
    + intros [[|a t] [-> [len _]]]; [left; reflexivity|discriminate].
  - rewrite in_flat_map; split.
    + intros [a [ia there]]. apply IH in there as [t [-> [len all]]].
      exists (t ++ [a]). rewrite <- app_assoc, length_cat; simpl.
      split; [reflexivity|split; [lia|]]. apply Forall_app; split; [exact all|repeat constructor; exact ia].
    + intros [t [-> [len all]]].
      destruct (@exists_last _ t) as [u [a ->]]; [intros ->; discriminate|].
      rewrite length_cat in len; simpl in len. apply Forall_app in all as [all last].
      exists a; split; [inversion last; assumption|].
      apply IH. exists u. rewrite <- app_assoc. repeat split; [lia|exact all].
Qed.

Lemma whole_responses n y : In y (responses V n []) <-> prefix V n y.
Proof.
  rewrite responses_are; split.
  - intros [t [-> [len all]]]. rewrite app_nil_r. split; assumption.
  - intros [len all]. exists y. rewrite app_nil_r. repeat split; assumption.
Qed.

Lemma expect_sum pi n past f :
  sum (responses V n past) (fun y => product pi y * f y) = product pi past * expect V pi n past f.
Proof.
  revert past; induction n as [|n IH]; intros past; simpl; [ring|].
  rewrite sum_flat_map, <- sum_scale. apply sum_ext; intros a _. rewrite IH; simpl; ring.
Qed.

Lemma expect_plus pi n past f g :
  expect V pi n past (fun y => f y + g y) = expect V pi n past f + expect V pi n past g.
Proof.
  revert past; induction n as [|n IH]; intros past; simpl; [reflexivity|].
  rewrite <- sum_plus. apply sum_ext; intros a _. rewrite IH; ring.
Qed.

Lemma expect_scale pi n past c f : expect V pi n past (fun y => c * f y) = c * expect V pi n past f.
Proof.
  revert past; induction n as [|n IH]; intros past; simpl; [reflexivity|].
  rewrite <- sum_scale. apply sum_ext; intros a _. rewrite IH; ring.
Qed.

Lemma expect_one pi n past : (forall z, is_law V (pi z)) -> expect V pi n past (fun _ => 1) = 1.
Proof.
  intros laws; revert past; induction n as [|n IH]; intros past; simpl; [reflexivity|].
  transitivity (sum V (pi past)); [|apply laws]. apply sum_ext; intros a _. rewrite IH; ring.
Qed.

(* Means are monotone: what matters is what can be reached. *)
Lemma expect_le pi n past f g : (forall z, is_law V (pi z)) -> 0 <= product pi past ->
  (forall y, In y (responses V n past) -> 0 < product pi y -> f y <= g y) ->
  0 < product pi past -> expect V pi n past f <= expect V pi n past g.
Proof.
  intros laws; revert past; induction n as [|n IH]; intros past _ below reached; simpl.
  - apply below; [left; reflexivity|exact reached].
  - apply sum_le; intros a ia.
    destruct (proj1 (laws past) a ia) as [positive|<-]; [|lra].
    assert (0 < product pi (a :: past)) by (simpl; apply Rmult_lt_0_compat; assumption).
    apply Rmult_le_compat_l; [lra|]. apply IH; [lra| |assumption].
    intros y there. apply below. simpl. apply in_flat_map. exists a; split; assumption.
Qed.

Lemma product_nonneg pi y : (forall z, is_law V (pi z)) -> Forall (fun a => In a V) y -> 0 <= product pi y.
Proof.
  intros laws; induction y as [|a y IH]; intros all; simpl; [lra|].
  inversion all; subst. apply Rmult_le_pos; [auto|apply (proj1 (laws y)); assumption].
Qed.

Lemma product_law pi n : (forall z, is_law V (pi z)) -> is_law (responses V n []) (product pi).
Proof.
  intros laws; split.
  - intros y there. apply whole_responses in there as [_ all]. apply product_nonneg; assumption.
  - rewrite (sum_ext _ _ (fun y => product pi y * 1)) by (intros; ring).
    rewrite expect_sum, expect_one by exact laws. simpl; ring.
Qed.

Lemma seq_shift_sum n (f : nat -> R) : sum (seq 0 (S n)) f = f 0%nat + sum (seq 0 n) (fun h => f (S h)).
Proof. simpl. rewrite <- seq_shift, sum_map. reflexivity. Qed.

Lemma later_kl_step pi q n past :
  later_kl V pi q (S n) past
  = kl V (pi past) (q past) + sum V (fun a => pi past a * later_kl V pi q n (a :: past)).
Proof.
  unfold later_kl. rewrite seq_shift_sum. simpl. f_equal.
  rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_scale; reflexivity.
Qed.

(* The chain rule: the divergence of whole responses is the sum of the divergences of tokens. *)
Lemma chain_rule pi q n past :
  (forall z, is_law V (pi z)) -> (forall z, is_law V (q z)) ->
  Forall (fun a => In a V) past -> (product pi past <> 0 -> 0 < product q past) ->
  (forall h t, (h < n)%nat -> length t = h -> Forall (fun a => In a V) t ->
     product pi (t ++ past) <> 0 -> dominated V (pi (t ++ past)) (q (t ++ past))) ->
  sum (responses V n past) (fun y => product pi y * ln (product pi y / product q y))
  = product pi past * (ln (product pi past / product q past) + later_kl V pi q n past).
Proof.
  intros laws qlaws; revert past; induction n as [|n IH]; intros past all reached inside.
  - simpl. unfold later_kl; simpl. ring.
  - simpl responses. rewrite sum_flat_map.
    assert (here : product pi past <> 0 -> dominated V (pi past) (q past)).
    { intros r. apply (inside 0%nat []); [lia|reflexivity|constructor|exact r]. }
    rewrite (sum_ext V _ (fun a => product pi past * (pi past a * ln (product pi past / product q past))
      + (product pi past * (pi past a * ln (pi past a / q past a))
         + product pi past * (pi past a * later_kl V pi q n (a :: past))))).
    + rewrite !sum_plus, !sum_scale, sum_scale_right, (proj2 (laws past)), later_kl_step. unfold kl. ring.
    + intros a ia. rewrite IH.
      * simpl. destruct (Req_dec (product pi past) 0) as [->|P]; [ring|].
        destruct (proj1 (laws past) a ia) as [pa|<-]; [|ring].
        assert (0 < product pi past) by (pose proof (product_nonneg pi past laws all); lra).
        assert (0 < q past a).
        { destruct (proj1 (qlaws past) a ia) as [|zero]; [assumption|exfalso].
          specialize (here P a ia (eq_sym zero)); lra. }
        specialize (reached P).
        rewrite !ln_quotient, !ln_mult by (try apply Rmult_lt_0_compat; assumption). ring.
      * constructor; assumption.
      * simpl; intros positive.
        assert (P : product pi past <> 0) by (intros zero; apply positive; rewrite zero; ring).
        apply Rmult_lt_0_compat; [apply reached, P|].
        destruct (proj1 (qlaws past) a ia) as [|zero]; [assumption|exfalso; apply positive].
        rewrite (here P a ia (eq_sym zero)). ring.
      * intros h t small len allt positive.
        replace (t ++ a :: past) with ((t ++ [a]) ++ past) in * by (rewrite <- app_assoc; reflexivity).
        apply (inside (S h)); [lia|rewrite length_cat; simpl; lia| |exact positive].
        apply Forall_app; split; [exact allt|repeat constructor; exact ia].
Qed.

End Expectations.

(* --- the soft dynamic programme ---------------------------------------------------------------------- *)

Section SoftDynamics.
Context {A : Type}.
Variables (V : list A) (H : nat) (b : list A -> A -> R) (r : list A -> R) (beta : R).
Hypothesis temperature : 0 < beta.
Hypothesis laws : forall past, is_law V (b past).

Let weight := weight V H b r beta.
Let star := token_star V H b r beta.

Lemma expect_pos n past f : (forall y, 0 < f y) -> 0 < expect V b n past f.
Proof.
  intros positive; revert past; induction n as [|n IH]; intros past; simpl; [apply positive|].
  destruct (sum_pos_inv V (b past)) as [a [ia here]]; [rewrite (proj2 (laws past)); lra|].
  apply (sum_pos _ _ a); [|exact ia|apply Rmult_lt_0_compat; [exact here|apply IH]].
  intros c ic. apply Rmult_le_pos; [apply (proj1 (laws past) c ic)|apply Rlt_le, IH].
Qed.

Lemma weight_pos past : 0 < weight past.
Proof. apply expect_pos; intros; apply exp_pos. Qed.

(* E_ref[exp(r/beta) | prefix] is the mean of the next ones. *)
Lemma weight_step past : (length past < H)%nat ->
  weight past = sum V (fun a => b past a * weight (a :: past)).
Proof.
  intros short. unfold weight, Tokens.weight. simpl length.
  replace (H - length past)%nat with (S (H - S (length past))) by lia. reflexivity.
Qed.

Lemma exp_Q past : exp (Q V H b r beta past / beta) = weight past.
Proof.
  unfold Q. replace (beta * ln (Tokens.weight V H b r beta past) / beta)
    with (ln (Tokens.weight V H b r beta past)) by (field; lra).
  apply exp_ln, weight_pos.
Qed.

Lemma star_is past a : (length past < H)%nat -> star past a = b past a * weight (a :: past) / weight past.
Proof.
  intros short. unfold star, token_star, optimal, partition, mean. rewrite exp_Q. f_equal; f_equal.
  rewrite weight_step by exact short. apply sum_ext; intros c _. rewrite exp_Q; reflexivity.
Qed.

Lemma star_law past : is_law V (star past).
Proof. apply optimal_law, laws. Qed.

(* The ratio of the optimal policy to the base policy at a prefix. *)
Lemma star_prefix y : (length y <= H)%nat -> product star y * weight [] = product b y * weight y.
Proof.
  induction y as [|a y IH]; intros short; simpl product; [ring|]. simpl in short.
  rewrite star_is by lia. pose proof (weight_pos y).
  transitivity ((product star y * weight []) * (b y a * weight (a :: y) / weight y)); [ring|].
  rewrite IH by lia. field. lra.
Qed.

Lemma weight_of_response y : length y = H -> weight y = exp (r y / beta).
Proof. intros len. unfold weight, Tokens.weight. rewrite len, Nat.sub_diag. reflexivity. Qed.

Lemma partition_is_weight : partition (responses V H []) (product b) r beta = weight [].
Proof.
  unfold partition, mean, weight, Tokens.weight. rewrite expect_sum. simpl. rewrite Nat.sub_0_r. ring.
Qed.

(* The optimal policy over whole responses is the product of the optimal token laws. *)
Lemma product_is_optimal y : In y (responses V H []) ->
  product star y = optimal (responses V H []) (product b) r beta y.
Proof.
  intros there. apply whole_responses in there as [len _].
  pose proof (star_prefix y (Nat.eq_le_incl _ _ len)) as tele. rewrite (weight_of_response y len) in tele.
  pose proof (weight_pos []). unfold optimal. rewrite partition_is_weight, <- tele. field. lra.
Qed.

End SoftDynamics.

(* --- trees that are written out ---------------------------------------------------------------------- *)

(* The place of a prefix among those of its length, the first token counting most. *)
Fixpoint place (tokens : nat) (past : list nat) : nat :=
  match past with
  | [] => 0
  | a :: before => a + tokens * place tokens before
  end.

(* Token laws by layer and prefix, and numbers by response. *)
Definition tree (tokens : nat) (layers : list (list (list R))) (past : list nat) (a : nat) : R :=
  nth a (nth (place tokens past) (nth (length past) layers []) []) 0.
Definition leaf (tokens : nat) (numbers : list R) (y : list nat) : R := nth (place tokens y) numbers 0.

Ltac expand_trees := cbv [tree leaf place Nat.add Nat.mul]; expand_tokens.
