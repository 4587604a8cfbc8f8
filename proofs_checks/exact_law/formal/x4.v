(* X4: rejection sampling can be drawn at once, with the joint law of answer, cost and clipping.

   For every finite list of responses, base policy, weights [w], cap [c > 0], budget and purse: of candidates
   drawn one by one and accepted with chance [alpha(y) = min(1, w(y)/c)], number [n <= min(budget, purse)] is
   the first accepted, and is [y], with probability [(1 - p)^(n - 1) base(y) alpha(y)], [p = E alpha]; none is
   with probability [(1 - p)^cap]. What is accepted has law [base alpha/p], which is [pi_f] if [w = e^(f/beta)]
   and no weight is above [c]. SoftmaxSampler is this at [c = Zhat M], [Zhat] the average weight of [m] draws,
   with a fresh draw where nothing is accepted. (Whether the answer is clipped is a function of it and [c].) *)

From Coq Require Import Reals Lra List PeanoNat.
From ExploreTheory Require Import Sums Laws Tilts Searches.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (Y : list A) (base w : A -> R) (u : outcome A -> R).

(* [min(1, w/c)] *)
Definition chance w (c : R) : A -> R := fun y => Rmin 1 (w y / c).

(* The process itself; see [Searches.v]. *)
Definition rejection Y base w c (budget purse : nat) u : R := search Y base (chance w c) budget purse 0 u.

(* The formula, as the mean of any function of the outcome. *)
Definition formula Y base w c (budget purse : nat) u : R :=
  let p := mean Y base (chance w c) in
  let cap := Nat.min budget purse in
  sum (seq 1 cap) (fun n => sum Y (fun y => (1 - p) ^ (n - 1) * base y * chance w c y * u (Found y n)))
  + (1 - p) ^ cap * u (given_up budget purse cap).

(* The mean of [v] of the sum of the weights of [m] draws, to which [total] has been added. *)
Fixpoint averaged Y base w (m : nat) (total : R) (v : R -> R) : R :=
  match m with O => v total | S m => sum Y (fun y => base y * averaged Y base w m (total + w y) v) end.

(* SoftmaxSampler: [m] draws for the estimate, at most [tries] candidates, a fresh draw if none is accepted.
   Its answer is a response, the number of its calls and the cap. *)
Definition sampler Y base w (M : R) (m tries : nat) (answer : A -> nat -> R -> R) : R :=
  averaged Y base w m 0 (fun total =>
    rejection Y base w (total / INR m * M) tries tries (fun o =>
      match o with
      | Found y n => answer y (m + n)%nat (total / INR m * M)
      | _ => sum Y (fun y => base y * answer y (m + tries + 1)%nat (total / INR m * M))
      end)).

(* The same with the formula in place of the candidates. *)
Definition sampler_at_once Y base w (M : R) (m tries : nat) (answer : A -> nat -> R -> R) : R :=
  averaged Y base w m 0 (fun total =>
    let c := total / INR m * M in
    let p := mean Y base (chance w c) in
    sum (seq 1 tries) (fun n => sum Y (fun y => (1 - p) ^ (n - 1) * base y * chance w c y * answer y (m + n)%nat c))
    + (1 - p) ^ tries * sum Y (fun y => base y * answer y (m + tries + 1)%nat c)).

End Statement.

(** * The theorem *)

Section Proof.
Context {A : Type}.
Variables (Y : list A) (base w : A -> R).
Hypothesis law : is_law Y base.

Lemma drawn_at_once c budget purse u : rejection Y base w c budget purse u = formula Y base w c budget purse u.
Proof.
  unfold rejection. rewrite search_at_once by apply law. unfold at_once, formula. f_equal.
  rewrite <- seq_shift, sum_map. apply sum_ext. intros k _. simpl Nat.sub. rewrite Nat.sub_0_r, <- sum_scale.
  apply sum_ext. intros; ring.
Qed.

Lemma averaged_ext m total v v' : (forall x, v x = v' x) ->
  averaged Y base w m total v = averaged Y base w m total v'.
Proof.
  intros same. revert total; induction m as [|m IH]; intros total; simpl; [apply same|].
  apply sum_ext. intros y _. rewrite IH. reflexivity.
Qed.

Lemma sampler_drawn_at_once M m tries answer :
  sampler Y base w M m tries answer = sampler_at_once Y base w M m tries answer.
Proof.
  apply averaged_ext. intros total. rewrite drawn_at_once. unfold formula. rewrite Nat.min_id. f_equal.
  unfold given_up. rewrite Nat.leb_refl. reflexivity.
Qed.

(* If no weight is above the cap then [p = Z/c] and what is accepted has the tilted law. *)
Lemma accepted_is_tilt f beta c budget purse (v : A -> R) :
  0 < c -> (forall y, w y = exp (f y / beta)) -> (forall y, In y Y -> w y <= c) ->
  rejection Y base w c budget purse (of_response v)
  = mean Y (tilt Y base f beta) v * rejection Y base w c budget purse (of_response (fun _ => 1)).
Proof.
  intros hc weights below. pose proof (partition_pos Y base f beta law) as hZ.
  pose proof (accepted_law Y base (chance w c) (proj2 law) budget purse v) as H.
  assert (whole : forall y, In y Y -> chance w c y = w y / c).
  { intros y there. unfold chance. apply Rmin_right. apply (Rmult_le_reg_r c); [exact hc|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. specialize (below y there). lra. }
  assert (acceptance : mean Y base (chance w c) = partition Y base f beta / c).
  { unfold partition, mean, Rdiv at 1. rewrite <- sum_scale_right. apply sum_ext. intros y there.
    rewrite whole, weights by exact there. unfold Rdiv. ring. }
  assert (weighted : mean Y base (fun y => chance w c y * v y)
    = partition Y base f beta / c * mean Y (tilt Y base f beta) v).
  { unfold mean. rewrite <- sum_scale. apply sum_ext. intros y there.
    rewrite whole, weights by exact there. unfold tilt, optimal. field. lra. }
  rewrite acceptance, weighted in H. unfold rejection.
  apply (Rmult_eq_reg_l (partition Y base f beta / c)); [|apply Rgt_not_eq, Rdiv_lt_0_compat; assumption].
  rewrite H. ring.
Qed.

End Proof.

Theorem rejection_drawn_at_once {A} (Y : list A) (base w : A -> R) : is_law Y base ->
  (forall c budget purse u, rejection Y base w c budget purse u = formula Y base w c budget purse u)
  /\ (forall f beta c budget purse v, 0 < c -> (forall y, w y = exp (f y / beta)) ->
      (forall y, In y Y -> w y <= c) ->
      rejection Y base w c budget purse (of_response v)
      = mean Y (tilt Y base f beta) v * rejection Y base w c budget purse (of_response (fun _ => 1)))
  /\ (forall M m tries answer, sampler Y base w M m tries answer = sampler_at_once Y base w M m tries answer).
Proof.
  intros law. split; [|split]; intros.
  - apply drawn_at_once, law.
  - apply accepted_is_tilt; assumption.
  - apply sampler_drawn_at_once, law.
Qed.

(** * False variants *)

(* A fair coin of weights 1 and 3, one candidate. *)
Definition coin : list nat := [0; 1]%nat.
Definition fair : nat -> R := fun _ => 1 / 2.
Definition odd : nat -> R := fun y => if (y =? 0)%nat then 1 else 3.

Lemma fair_law : is_law coin fair.
Proof. split; [intros y _|]; unfold fair, coin; simpl; lra. Qed.

Lemma odd_chance y : chance odd 1 y = 1.
Proof. unfold chance, odd. apply Rmin_left. destruct (y =? 0)%nat; lra. Qed.

(* At [c = 1] the second weight clips: both responses are accepted at once, although [pi_f] is (1/4, 3/4). *)
Theorem clipping_ignored_is_false : ~ (forall (Y : list nat) base w c budget purse v, is_law Y base -> 0 < c ->
  rejection Y base w c budget purse (of_response v) * mean Y base w
  = mean Y base (fun y => w y * v y) * rejection Y base w c budget purse (of_response (fun _ => 1))).
Proof.
  intros H. specialize (H coin fair odd 1 1%nat 1%nat (fun y => if (y =? 1)%nat then 1 else 0) fair_law ltac:(lra)).
  unfold rejection, search, mean, coin, fair in H. simpl sum in H. rewrite !odd_chance in H.
  unfold odd in H. simpl in H. lra.
Qed.

(* Candidates are drawn until one is accepted: at [c = 6] nothing is found with probability 2/3. *)
Theorem uncapped_is_false : ~ (forall (Y : list nat) base w c budget purse, is_law Y base -> 0 < c ->
  (0 < Nat.min budget purse)%nat -> rejection Y base w c budget purse nothing = 0).
Proof.
  intros H. specialize (H coin fair odd 6 1%nat 1%nat fair_law ltac:(lra) ltac:(simpl; auto)).
  unfold rejection, search, chance, odd, coin, fair in H. simpl in H.
  rewrite !Rmin_right in H by lra. lra.
Qed.
