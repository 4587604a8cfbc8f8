(* LH2: a policy of the embedded formula finds clauses as often as its signs satisfy them, and no more.

   For every formula of [m >= 1] clauses of 1 to [k] literals, contradictory ones among them, every number of
   variables and [beta > 0]: with [q = e^(-1/beta)], base masses [1 - q] of the response 0 and [q/m] of every
   clause, features [f_i/|S_i|], 0 for 0 and for contradictory clauses,
   an assignment [theta*] that satisfies a share [v] of the clauses has
   [sum_i pi_theta*(i) >= l/(1 - q + l)], [l = v + (1 - v) q^2], and
   every [theta] in the cube whose signs satisfy a share [v] has
   [sum_i pi_theta(i) <= u/(1 - q + u)], [u = v + (1 - v) e^(-1/(beta k))]. *)

From Coq Require Import Reals Lra Lia List Bool.
From ExploreTheory Require Import Sums Laws Tilts Numbers.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

(* A literal is a variable and its sign; a clause is a conjunction of literals. *)
Definition literal := (nat * bool)%type.
Definition clause := list literal.
Definition formula := list clause.

Definition satisfies (signs : nat -> bool) (l : literal) : bool := Bool.eqb (signs (fst l)) (snd l).
Definition satisfied (signs : nat -> bool) (c : clause) : bool := forallb (satisfies signs) c.
Definition opposite (l l' : literal) : bool := Nat.eqb (fst l) (fst l') && negb (Bool.eqb (snd l) (snd l')).
Definition contradictory (c : clause) : bool := existsb (fun l => existsb (opposite l) c) c.

(* The share of the clauses that an assignment satisfies *)
Definition share (signs : nat -> bool) (F : formula) : R :=
  sum F (fun c => if satisfied signs c then 1 else 0) / INR (length F).

(* [<theta, f_i>], and [<theta, phi(i)>] where features are divided by [scale]; 0 for contradictory clauses *)
Definition agreement (theta : nat -> R) (l : literal) : R := if snd l then theta (fst l) else - theta (fst l).
Definition score (scale : clause -> R) (theta : nat -> R) (c : clause) : R :=
  if contradictory c then 0 else sum c (agreement theta) / scale c.
Definition own_length (c : clause) : R := INR (length c).

(* Responses are 0, which is [None], and the clauses. *)
Definition responses (F : formula) : list (option clause) := None :: map Some F.
Definition q_of (beta : R) : R := exp (- (1 / beta)).
Definition base (F : formula) (beta : R) (y : option clause) : R :=
  match y with None => 1 - q_of beta | Some _ => q_of beta / INR (length F) end.
Definition reward (scale : clause -> R) (theta : nat -> R) (y : option clause) : R :=
  match y with None => 0 | Some c => score scale theta c end.
Definition is_clause (y : option clause) : bool := match y with None => false | Some _ => true end.

(* [sum_i pi_theta(i)] *)
Definition clause_mass (scale : clause -> R) (F : formula) (beta : R) (theta : nat -> R) : R :=
  mass_on (responses F) (tilt (responses F) (base F beta) (reward scale theta) beta) is_clause.

(* An assignment as a parameter; a parameter of the cube and its signs, where 0 may count as either. *)
Definition corner (signs : nat -> bool) (v : nat) : R := if signs v then 1 else -1.
Definition in_cube (theta : nat -> R) (signs : nat -> bool) : Prop :=
  forall v, -1 <= theta v <= 1 /\ (signs v = true -> 0 <= theta v) /\ (signs v = false -> theta v <= 0).

(** * The mass of the clauses *)

Definition weight scale F beta theta : R :=
  sum F (fun c => q_of beta / INR (length F) * exp (score scale theta c / beta)).

Lemma mass_by_weight scale F beta theta : 0 < beta ->
  0 < 1 - q_of beta + weight scale F beta theta ->
  clause_mass scale F beta theta
  = weight scale F beta theta / (1 - q_of beta + weight scale F beta theta).
Proof.
  intros hb hw. unfold clause_mass, mass_on, mean, responses. cbn [sum]. rewrite sum_map.
  unfold on at 1. simpl is_clause. cbn iota. rewrite Rmult_0_r, Rplus_0_l.
  assert (normaliser : partition (responses F) (base F beta) (reward scale theta) beta
    = 1 - q_of beta + weight scale F beta theta).
  { unfold partition, mean, responses. cbn [sum]. rewrite sum_map. unfold base at 1, reward at 1.
    replace (0 / beta) with 0 by (field; lra). rewrite exp_0, Rmult_1_r. reflexivity. }
  transitivity (weight scale F beta theta * / (1 - q_of beta + weight scale F beta theta)); [|reflexivity].
  unfold weight at 1. rewrite <- sum_scale_right. apply sum_ext. intros c _.
  unfold tilt, optimal, on. fold (responses F). rewrite normaliser. simpl is_clause. cbn iota.
  unfold base, reward, Rdiv. ring.
Qed.

Lemma q_between beta : 0 < beta -> 0 < q_of beta < 1.
Proof.
  intros hb. unfold q_of. split; [apply exp_pos|].
  assert (0 < 1 / beta) by (apply Rdiv_lt_0_compat; lra).
  assert (exp (- (1 / beta)) < exp 0) by (apply exp_increasing; lra). rewrite exp_0 in *. lra.
Qed.

Lemma growing q s t : 0 < q < 1 -> 0 <= s -> s <= t -> s / (1 - q + s) <= t / (1 - q + t).
Proof.
  intros hq hs le. apply (Rmult_le_reg_r ((1 - q + s) * (1 - q + t))); [nra|].
  replace (s / (1 - q + s) * ((1 - q + s) * (1 - q + t))) with (s * (1 - q + t)) by (field; lra).
  replace (t / (1 - q + t) * ((1 - q + s) * (1 - q + t))) with (t * (1 - q + s)) by (field; lra). nra.
Qed.

(** * One clause *)

Lemma agreement_at_most_one theta signs l : in_cube theta signs -> -1 <= agreement theta l <= 1.
Proof. intros cube. unfold agreement. destruct (cube (fst l)) as [h _]. destruct (snd l); lra. Qed.

Lemma agreement_of_violated theta signs l : in_cube theta signs -> satisfies signs l = false ->
  agreement theta l <= 0.
Proof.
  intros cube violated. unfold agreement, satisfies in *. destruct (cube (fst l)) as [_ [up down]].
  destruct (signs (fst l)), (snd l); try discriminate; [specialize (up eq_refl)|specialize (down eq_refl)]; lra.
Qed.

Lemma corner_in_cube signs : in_cube (corner signs) signs.
Proof. intros v. unfold corner. destruct (signs v); repeat split; intros; try discriminate; lra. Qed.

Lemma sum_at_most_length theta signs (c : clause) : in_cube theta signs ->
  - INR (length c) <= sum c (agreement theta) <= INR (length c).
Proof.
  intros cube. induction c as [|l c IH]; [simpl; lra|]. cbn [sum length]. rewrite S_INR.
  pose proof (agreement_at_most_one theta signs l cube). lra.
Qed.

(* A violated literal adds nothing. *)
Lemma sum_of_violated theta signs (c : clause) : in_cube theta signs -> satisfied signs c = false ->
  sum c (agreement theta) <= INR (length c) - 1.
Proof.
  intros cube. induction c as [|l c IH]; intros violated; [discriminate|].
  cbn [sum length]. rewrite S_INR. unfold satisfied in violated. simpl in violated.
  apply andb_false_iff in violated as [here|there].
  - pose proof (agreement_of_violated theta signs l cube here).
    pose proof (sum_at_most_length theta signs c cube). lra.
  - pose proof (agreement_at_most_one theta signs l cube). specialize (IH there). lra.
Qed.

Lemma sum_of_satisfied signs (c : clause) : satisfied signs c = true ->
  sum c (agreement (corner signs)) = INR (length c).
Proof.
  induction c as [|l c IH]; intros all; [reflexivity|]. unfold satisfied in all. simpl in all.
  apply andb_true_iff in all as [here there]. cbn [sum length]. rewrite S_INR, IH by exact there.
  unfold satisfies in here. apply Bool.eqb_prop in here. unfold agreement, corner. rewrite here.
  destruct (snd l); ring.
Qed.

Lemma contradictory_is_violated signs c : contradictory c = true -> satisfied signs c = false.
Proof.
  intros found. apply existsb_exists in found as [l [il found]]. apply existsb_exists in found as [l' [il' against]].
  destruct (satisfied signs c) eqn:all; [exfalso|reflexivity].
  unfold satisfied in all. rewrite forallb_forall in all.
  pose proof (all l il) as h. pose proof (all l' il') as h'. unfold satisfies in h, h'.
  apply Bool.eqb_prop in h, h'. unfold opposite in against. apply andb_true_iff in against as [same other].
  apply PeanoNat.Nat.eqb_eq in same. rewrite same in h. rewrite <- h, <- h', Bool.eqb_reflx in other. discriminate.
Qed.

Section Clauses.
Variables (F : formula) (k : nat) (beta : R).
Hypothesis hbeta : 0 < beta.
Hypothesis lengths : forall c, In c F -> (1 <= length c <= k)%nat.

Let q := q_of beta.
Let b := 1 / beta.

Lemma b_pos : 0 < b.
Proof. apply Rdiv_lt_0_compat; lra. Qed.

Lemma length_pos c : In c F -> 1 <= INR (length c) <= INR k.
Proof. intros there. destruct (lengths c there) as [h1 h2]. split; [apply (le_INR 1), h1|apply le_INR, h2]. Qed.

(* [q e^(x/beta) = e^((x - 1)/beta)] *)
Lemma tilted x : q * exp (x / beta) = exp ((x - 1) * b).
Proof. unfold q, q_of, b. rewrite <- exp_plus. f_equal. field. lra. Qed.

Lemma exp_le x y : x <= y -> exp x <= exp y.
Proof. intros [less| ->]; [left; apply exp_increasing, less|lra]. Qed.

Lemma exp_at_least_one x : 0 <= x -> 1 <= exp x.
Proof. intros h. pose proof (exp_le 0 x h) as H. rewrite exp_0 in H. exact H. Qed.

Lemma exp_at_most_one x : x <= 0 -> exp x <= 1.
Proof. intros h. pose proof (exp_le x 0 h) as H. rewrite exp_0 in H. exact H. Qed.

Lemma weight_at_least signs c : In c F ->
  (if satisfied signs c then 1 else q * q) <= q * exp (score own_length (corner signs) c / beta).
Proof.
  intros there. pose proof (length_pos c there) as hl. pose proof b_pos as hb.
  assert (square : q * q = exp (- 2 * b)) by (unfold q, q_of; rewrite <- exp_plus; f_equal; unfold b; ring).
  rewrite tilted, square. unfold score, own_length. destruct (contradictory c) eqn:never.
  - rewrite (contradictory_is_violated signs c never). apply exp_le. nra.
  - destruct (satisfied signs c) eqn:all.
    + rewrite sum_of_satisfied by exact all. apply exp_at_least_one. right. field. lra.
    + apply exp_le. pose proof (sum_at_most_length (corner signs) signs c (corner_in_cube signs)) as [low _].
      assert (-1 <= sum c (agreement (corner signs)) / INR (length c)).
      { apply (Rmult_le_reg_r (INR (length c))); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
      nra.
Qed.

Lemma weight_at_most theta signs c : in_cube theta signs -> In c F ->
  q * exp (score own_length theta c / beta) <= (if satisfied signs c then 1 else exp (- (1 / (beta * INR k)))).
Proof.
  intros cube there. pose proof (length_pos c there) as hl. pose proof b_pos as hb.
  assert (hk : 0 < / INR k <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  replace (- (1 / (beta * INR k))) with (- (/ INR k) * b) by (unfold b; field; lra).
  rewrite tilted. unfold score, own_length. destruct (contradictory c) eqn:never.
  - rewrite (contradictory_is_violated signs c never). apply exp_le. nra.
  - destruct (satisfied signs c) eqn:all.
    + apply exp_at_most_one. pose proof (sum_at_most_length theta signs c cube) as [_ high].
      assert (sum c (agreement theta) / INR (length c) <= 1).
      { apply (Rmult_le_reg_r (INR (length c))); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
      nra.
    + apply exp_le. pose proof (sum_of_violated theta signs c cube all) as high.
      assert (sum c (agreement theta) / INR (length c) <= 1 - / INR k).
      { apply Rle_trans with (1 - / INR (length c)).
        - apply (Rmult_le_reg_r (INR (length c))); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
          rewrite Rmult_minus_distr_r, Rinv_l by lra. lra.
        - assert (/ INR k <= / INR (length c)) by (apply Rinv_le_contravar; lra). lra. }
      nra.
Qed.

End Clauses.

(** * The theorem *)

(* A sum over clauses, each worth 1 if satisfied and [x] if not *)
Lemma by_share signs F x : (0 < length F)%nat ->
  sum F (fun c => (if satisfied signs c then 1 else x) / INR (length F)) = share signs F + (1 - share signs F) * x.
Proof.
  intros hm. assert (0 < INR (length F)) by (apply lt_0_INR; exact hm). unfold share, Rdiv.
  rewrite sum_scale_right.
  rewrite (sum_ext F _ (fun c => x + (1 - x) * (if satisfied signs c then 1 else 0)))
    by (intros c _; destruct (satisfied signs c); ring).
  rewrite sum_plus, sum_scale.
  replace (sum F (fun _ => x)) with (x * INR (length F)); [field; lra|].
  clear hm H. induction F as [|c F IH]; [simpl; ring|]. cbn [sum length]. rewrite S_INR, <- IH. ring.
Qed.

Lemma share_between signs F : (0 < length F)%nat -> 0 <= share signs F <= 1.
Proof.
  intros hm. assert (h : 0 < INR (length F)) by (apply lt_0_INR; exact hm).
  assert (0 <= sum F (fun c => if satisfied signs c then 1 else 0) <= INR (length F)).
  { clear hm h. induction F as [|c F IH]; [simpl; lra|]. cbn [sum length]. rewrite S_INR.
    destruct (satisfied signs c); lra. }
  unfold share. split; (apply (Rmult_le_reg_r (INR (length F))); [exact h|]);
    unfold Rdiv; rewrite Rmult_assoc, Rinv_l by lra; lra.
Qed.

Theorem formula_masses (F : formula) (k : nat) (beta : R) (signs : nat -> bool) :
  0 < beta -> (0 < length F)%nat -> (forall c, In c F -> (1 <= length c <= k)%nat) ->
  let q := q_of beta in
  let v := share signs F in
  let l := v + (1 - v) * (q * q) in
  let u := v + (1 - v) * exp (- (1 / (beta * INR k))) in
  l / (1 - q + l) <= clause_mass own_length F beta (corner signs)
  /\ forall theta, in_cube theta signs -> clause_mass own_length F beta theta <= u / (1 - q + u).
Proof.
  intros hb hm lengths q v l u.
  assert (hM : 0 < INR (length F)) by (apply lt_0_INR; exact hm).
  pose proof (q_between beta hb) as hq. fold q in hq. pose proof (share_between signs F hm) as hv. fold v in hv.
  assert (scaled : forall theta, weight own_length F beta theta
    = sum F (fun c => q * exp (score own_length theta c / beta) / INR (length F))).
  { intros theta. apply sum_ext. intros c _. fold q. field. lra. }
  assert (nonneg : forall theta, 0 <= weight own_length F beta theta).
  { intros theta. rewrite scaled. apply sum_nonneg. intros c _. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, hM].
    apply Rmult_le_pos; [lra|left; apply exp_pos]. }
  split.
  - rewrite mass_by_weight by (first [exact hb | specialize (nonneg (corner signs)); fold q; lra]). fold q.
    apply growing; [exact hq|unfold l; nra|]. unfold l, v. rewrite <- by_share, scaled by exact hm.
    apply sum_le. intros c there. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, hM|].
    apply (weight_at_least F k); assumption.
  - intros theta cube. rewrite mass_by_weight by (first [exact hb | specialize (nonneg theta); fold q; lra]). fold q.
    apply growing; [exact hq|apply nonneg|]. unfold u, v. rewrite <- by_share, scaled by exact hm.
    apply sum_le. intros c there. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, hM|].
    apply (weight_at_most F k); assumption.
Qed.

(** * False variants *)

(* The formula [x] of one clause and one literal *)
Definition one_literal : formula := [[(0%nat, true)]].

Lemma one_literal_mass scale theta beta s : 0 < beta ->
  q_of beta * exp (theta 0%nat / scale [(0%nat, true)] / beta) = s -> 0 < 1 - q_of beta + s ->
  clause_mass scale one_literal beta theta = s / (1 - q_of beta + s).
Proof.
  intros hb value positive.
  assert (weight scale one_literal beta theta = s).
  { unfold weight, one_literal, score, agreement. simpl. rewrite <- value, !Rplus_0_r. field. }
  rewrite mass_by_weight by (first [exact hb | rewrite H; exact positive]). rewrite H. reflexivity.
Qed.

Lemma q_of_log x : 1 < x -> 0 < 1 / ln x /\ q_of (1 / ln x) = / x /\ forall y, y / (1 / ln x) = y * ln x.
Proof.
  intros hx. assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). repeat split.
  - apply Rdiv_lt_0_compat; lra.
  - unfold q_of. replace (- (1 / (1 / ln x))) with (- ln x) by (field; lra). rewrite exp_Ropp, exp_ln by lra. reflexivity.
  - intros y. field. lra.
Qed.

(* Features over [k = 2] as printed, [e^(1/beta) = 100]: the satisfied clause has weight 1/10 and mass 10/109,
   where [v/2 = 1/2] is claimed (and [100/199] with [l] for [v]). *)
Lemma printed_mass : clause_mass (fun _ => INR 2) one_literal (1 / ln 100) (corner (fun _ => true)) = 10 / 109.
Proof.
  destruct (q_of_log 100 ltac:(lra)) as [hb [hq scaled]].
  rewrite (one_literal_mass _ _ _ (1 / 10)); try assumption; rewrite hq; [field| |lra].
  rewrite scaled. unfold corner. replace (1 / INR 2 * ln 100) with (ln 10).
  - rewrite exp_ln by lra. field.
  - replace 100 with (10 * 10) by lra. rewrite ln_mult by lra. simpl. field.
Qed.

Lemma one_literal_share : share (fun _ => true) one_literal = 1.
Proof. unfold share, one_literal. simpl. field. Qed.

Theorem as_printed_is_false : ~ (forall F k beta signs, 0 < beta -> (0 < length F)%nat ->
  (forall c, In c F -> (1 <= length c <= k)%nat) ->
  share signs F / 2 <= clause_mass (fun _ => INR k) F beta (corner signs)).
Proof.
  intros H. destruct (q_of_log 100 ltac:(lra)) as [hb _].
  specialize (H one_literal 2%nat (1 / ln 100) (fun _ => true) hb ltac:(simpl; lia)
    ltac:(intros c [<-|[]]; simpl; lia)).
  rewrite printed_mass, one_literal_share in H. lra.
Qed.

Theorem longest_length_is_false : ~ (forall F k beta signs, 0 < beta -> (0 < length F)%nat ->
  (forall c, In c F -> (1 <= length c <= k)%nat) ->
  let l := share signs F + (1 - share signs F) * (q_of beta * q_of beta) in
  l / (1 - q_of beta + l) <= clause_mass (fun _ => INR k) F beta (corner signs)).
Proof.
  intros H. destruct (q_of_log 100 ltac:(lra)) as [hb [hq _]].
  specialize (H one_literal 2%nat (1 / ln 100) (fun _ => true) hb ltac:(simpl; lia)
    ltac:(intros c [<-|[]]; simpl; lia)).
  cbv zeta in H. rewrite printed_mass, one_literal_share, hq in H. lra.
Qed.

(* A violated clause may weigh [q^2/m] at [theta*], not [q/m]: [e^(1/beta) = 2], [theta* = -1], mass 1/3. *)
Theorem violated_at_q_is_false : ~ (forall F k beta signs, 0 < beta -> (0 < length F)%nat ->
  (forall c, In c F -> (1 <= length c <= k)%nat) ->
  let l := share signs F + (1 - share signs F) * q_of beta in
  l / (1 - q_of beta + l) <= clause_mass own_length F beta (corner signs)).
Proof.
  intros H. destruct (q_of_log 2 ltac:(lra)) as [hb [hq scaled]].
  specialize (H one_literal 1%nat (1 / ln 2) (fun _ => false) hb ltac:(simpl; lia)
    ltac:(intros c [<-|[]]; simpl; lia)).
  assert (none : share (fun _ => false) one_literal = 0) by (unfold share, one_literal; simpl; field).
  cbv zeta in H. rewrite (one_literal_mass _ _ _ (1 / 4)), none, hq in H; try assumption; [lra| |rewrite hq; lra].
  rewrite hq, scaled. unfold corner, own_length. simpl. replace (-1 / 1 * ln 2) with (- ln 2) by field.
  rewrite exp_Ropp, exp_ln by lra. field.
Qed.
