(* T4: J(pi_star) - J(pi) = beta sum_h E_pi KL(pi_h || pi_star_h), for every horizon and vocabulary, every policy and
   base policy (token masses may be zero) and rewards of any sign.

   Both sides are infinite together: the policy leaves the support of the base policy on whole responses exactly
   if at some prefix that it can reach it leaves the support of the optimal token law. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Tokens.
Import ListNotations.
Open Scope R_scope.

Section Supports.
Context {A : Type}.
Variables (V : list A) (H : nat) (pi q : list A -> A -> R).
Hypothesis policy : forall past, is_law V (pi past).

(* Where the tokens stay inside, so does every prefix. *)
Lemma prefixes_inside : tokens_inside V H pi q -> forall y,
  (length y <= H)%nat -> Forall (fun a => In a V) y -> product q y = 0 -> product pi y = 0.
Proof.
  intros inside; induction y as [|a y IH]; simpl; intros short all zero; [lra|].
  inversion all; subst.
  destruct (Req_dec (product pi y) 0) as [->|reached]; [ring|].
  apply Rmult_integral in zero as [zero|zero].
  - rewrite IH; [ring|lia|assumption|exact zero].
  - rewrite (inside (length y) y); [ring|lia|split; [reflexivity|assumption]|exact reached|assumption|exact zero].
Qed.

(* A prefix that the policy can reach goes on to a response that it can reach. *)
Lemma goes_on n past : product pi past <> 0 -> Forall (fun a => In a V) past ->
  exists t, length t = n /\ Forall (fun a => In a V) t /\ product pi (t ++ past) <> 0.
Proof.
  intros reached all; induction n as [|n [t [len [tall tr]]]].
  - exists []; repeat split; [constructor|exact reached].
  - destruct (sum_pos_inv V (pi (t ++ past))) as [a [ia here]]; [rewrite (proj2 (policy _)); lra|].
    exists (a :: t); simpl; repeat split; [lia|constructor; assumption|].
    apply Rmult_integral_contrapositive; split; [exact tr|lra].
Qed.

Lemma zero_goes_on t past : product q past = 0 -> product q (t ++ past) = 0.
Proof. intros zero; induction t as [|a t IH]; simpl; [exact zero|rewrite IH; ring]. Qed.

Lemma supports : tokens_inside V H pi q <-> dominated (responses V H []) (product pi) (product q).
Proof.
  split.
  - intros inside y there zero. apply whole_responses in there as [len all].
    apply prefixes_inside; [exact inside|lia|exact all|exact zero].
  - intros inside h past short [len all] reached a ia zero.
    destruct (Req_dec (pi past a) 0) as [|positive]; [assumption|exfalso].
    destruct (goes_on (H - S h) (a :: past)) as [t [tlen [tall tr]]].
    + simpl. apply Rmult_integral_contrapositive; split; assumption.
    + constructor; assumption.
    + apply tr. apply inside.
      * apply whole_responses. split; [rewrite length_cat; simpl; lia|].
        apply Forall_app; split; [exact tall|constructor; assumption].
      * apply zero_goes_on. simpl. rewrite zero; ring.
Qed.

End Supports.

Theorem t4 {A : Type} (V : list A) (H : nat) (b pi : list A -> A -> R) (r : list A -> R) (beta : R) :
  0 < beta -> (forall past, is_law V (b past)) -> (forall past, is_law V (pi past)) ->
  let Y := responses V H [] in
  let star := token_star V H b r beta in
  let J p := objective Y (product b) r beta p in
  (dominated Y (product pi) (product b) <-> tokens_inside V H pi star) /\
  (dominated Y (product pi) (product b) ->
    J (optimal Y (product b) r beta) - J (product pi)
    = beta * sum (seq 0 H) (fun h => expect V pi h [] (fun past => kl V (pi past) (star past)))).
Proof.
  intros temperature laws policy Y star J.
  assert (base_law : is_law Y (product b)) by (apply product_law, laws).
  assert (same : forall y, In y Y -> product star y = optimal Y (product b) r beta y).
  { intros y. apply product_is_optimal; assumption. }
  assert (inside_is : dominated Y (product pi) (product b) <-> tokens_inside V H pi star).
  { rewrite (supports V H pi star policy).
    rewrite <- (dominated_optimal Y (product b) r beta (product pi) base_law).
    split; intros inside y there zero; apply inside; try exact there.
    - rewrite <- (same y there); exact zero.
    - rewrite (same y there); exact zero. }
  split; [exact inside_is|intros inside].
  unfold J. rewrite objective_optimal, objective_and_divergence; try assumption; [|apply product_law, policy].
  replace (kl Y (product pi) (optimal Y (product b) r beta)) with (kl Y (product pi) (product star)).
  - unfold kl at 1, Y. rewrite (chain_rule V pi star); try assumption.
    + simpl product. unfold later_kl. unfold Rdiv at 1. rewrite Rinv_1, Rmult_1_r, ln_1. ring.
    + intros past. apply star_law; assumption.
    + constructor.
    + simpl; lra.
    + intros h t small len all reached. apply (proj1 inside_is inside h); try assumption.
      rewrite app_nil_r. split; assumption.
  - unfold kl. apply sum_ext; intros y there. rewrite (same y there); reflexivity.
Qed.

(* --- false variants: two tokens, two layers ---------------------------------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition always
    (right_hand : list nat -> nat -> (list nat -> nat -> R) -> (list nat -> nat -> R) -> (list nat -> nat -> R) ->
                  R -> R) : Prop :=
  forall V H b pi r beta, 0 < beta -> (forall past, is_law V (b past)) -> (forall past, is_law V (pi past)) ->
  let Y := responses V H [] in
  dominated Y (product pi) (product b) ->
  objective Y (product b) r beta (optimal Y (product b) r beta) - objective Y (product b) r beta (product pi)
  = right_hand V H b pi (token_star V H b r beta) beta.

Definition even (past : list nat) := table [1 / 2; 1 / 2].
Definition turned (past : list nat) :=
  match past with [] => table [1 / 5; 4 / 5] | [O] => table [1 / 3; 2 / 3] | _ => table [9 / 10; 1 / 10] end.
Definition paid (y : list nat) : R := match y with [O; O] => 2 | [1%nat; 1%nat] => 1 | _ => 0 end.

Ltac numbers := cbv [even turned paid]; expand_tokens.
Ltac differ := (apply Rlt_not_eq; numbers; bounds) || (apply Rgt_not_eq; numbers; bounds).

Lemma refuted_by_example right_hand :
  right_hand [0; 1]%nat 2%nat even turned (token_star [0; 1]%nat 2 even paid (1 / 2)) (1 / 2)
  <> 1 / 2 * later_kl [0; 1]%nat turned (token_star [0; 1]%nat 2 even paid (1 / 2)) 2 [] ->
  ~ always right_hand.
Proof.
  intros other says. apply other.
  assert (positive : 0 < 1 / 2) by lra.
  assert (laws : forall past, is_law [0; 1]%nat (even past)) by (intros past; cbv [even]; law_of_numbers).
  assert (policy : forall past, is_law [0; 1]%nat (turned past)).
  { intros [|[|a] [|c past]]; cbv [turned]; law_of_numbers. }
  assert (inside : dominated (responses [0; 1]%nat 2 []) (product turned) (product even)).
  { intros y [<-|[<-|[<-|[<-|[]]]]] zero; exfalso; revert zero; cbv [product even table nth]; lra. }
  rewrite <- says by assumption.
  apply t4; assumption.
Qed.

(* The divergence of the first token only. *)
Theorem not_first_token_alone : ~ always (fun V H b pi star beta => beta * kl V (pi []) (star [])).
Proof. apply refuted_by_example. differ. Qed.

(* Prefixes drawn from the base policy. *)
Theorem not_prefixes_of_base : ~ always (fun V H b pi star beta =>
  beta * sum (seq 0 H) (fun h => expect V b h [] (fun past => kl V (pi past) (star past)))).
Proof. apply refuted_by_example. differ. Qed.

(* Prefixes drawn from the optimal policy. *)
Theorem not_prefixes_of_optimal : ~ always (fun V H b pi star beta =>
  beta * sum (seq 0 H) (fun h => expect V star h [] (fun past => kl V (pi past) (star past)))).
Proof. apply refuted_by_example. differ. Qed.

(* KL(pi_star_h || pi_h) in place of KL(pi_h || pi_star_h). *)
Theorem not_reversed : ~ always (fun V H b pi star beta =>
  beta * sum (seq 0 H) (fun h => expect V pi h [] (fun past => kl V (star past) (pi past)))).
Proof. apply refuted_by_example. differ. Qed.
